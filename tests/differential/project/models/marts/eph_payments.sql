{{ config(materialized='ephemeral') }}
select id, order_id from {{ ref('stg_payments') }}
