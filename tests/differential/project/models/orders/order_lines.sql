select id from {{ ref('orders') }} where id in (select id from {{ ref('order_history') }})
