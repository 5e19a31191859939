select id, customer_id from {{ ref('stg_orders') }} where id in (select order_id from {{ ref('eph_payments') }})
