{{ config(materialized="table") }}
select id, price, day, '{% raw %}{{ ds }}{% endraw %} {sql}' as braces from {{ ref("big_orders") }}
{% if var("bad", false) %}union all select id, price, day, '' from {{ ref("big_orders") }}{% endif %}
