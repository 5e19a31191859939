{{ config(materialized="table") }}
select max(price) as dearest from {{ ref("raw_orders") }}
