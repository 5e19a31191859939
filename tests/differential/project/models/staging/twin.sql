{{ config(alias='twin_root') }}
select id from {{ ref('stg_orders') }}
