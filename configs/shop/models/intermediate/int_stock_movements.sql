select product_id, quantity, cast(delivered_at as date) as moved_on
from {{ ref('stg_deliveries') }}

union all

select items.product_id, -items.quantity, orders.ordered_on
from {{ ref('stg_order_items') }} as items
inner join {{ ref('stg_orders') }} as orders using (order_id)
where orders.status != 'cancelled'

union all

select product_id, -1, received_on
from {{ ref('stg_repairs') }}
where product_id is not null
