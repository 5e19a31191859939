{{ config(materialized="table") }}
{% if execute and var("bad", false) %}{{ exceptions.raise_compiler_error("this is odd") }}{% endif %}
select 1 as n
