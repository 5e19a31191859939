{# Cents are integers up to the marts; only there do they become euros. #}
{% macro euros(cents) -%}
    cast(({{ cents }}) * 0.01 as decimal(12, 2))
{%- endmacro %}
