{{ config(tags=['heavy']) }}
select id, customer_id from {{ source('shop', 'orders') }}
