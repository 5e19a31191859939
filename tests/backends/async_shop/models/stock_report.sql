{{ config(materialized="table") }}
select n + 1 as n from {{ ref("stock") }}
