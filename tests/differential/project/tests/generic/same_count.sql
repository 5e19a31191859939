{% test same_count(model, other) %}select 1 from {{ model }}, {{ other }} where false{% endtest %}
{% test has_rows(model) %}select 1 from {{ model }} where false{% endtest %}
{% test three_ways(model, one, other) %}select 1 from {{ model }}, {{ one }}, {{ other }} where false{% endtest %}
