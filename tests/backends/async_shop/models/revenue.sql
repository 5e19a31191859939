{{ config(materialized="table", schema="marts") }}
select sum(price) as total from {{ ref("orders") }}
