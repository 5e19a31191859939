{{ config(materialized="table") }}
select count(*) as n from {{ ref("raw_orders") }}
{% if var("bad", false) %}join `p1.nowhere.nothing` on true{% endif %}
