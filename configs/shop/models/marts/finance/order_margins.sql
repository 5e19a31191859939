select
    items.order_item_id,
    items.order_id,
    items.product_id,
    {{ euros('items.quantity * items.unit_price_cents') }} as revenue_euros,
    {{ euros('items.quantity * history.cost_cents') }} as cost_euros,
    {{ euros('items.quantity * (items.unit_price_cents - history.cost_cents)') }} as margin_euros
from {{ ref('stg_order_items') }} as items
inner join {{ ref('stg_orders') }} as orders using (order_id)
inner join {{ ref('products_history') }} as history
    on items.product_id = history.product_id
    and orders.ordered_on >= history.dbt_valid_from
    and orders.ordered_on < coalesce(history.dbt_valid_to, date '9999-12-31')
where orders.status != 'cancelled'
