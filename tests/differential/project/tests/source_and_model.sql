{{ config(tags=['nightly']) }}
select id from {{ ref('stg_orders') }} where id not in (select id from {{ source('shop', 'orders') }})
