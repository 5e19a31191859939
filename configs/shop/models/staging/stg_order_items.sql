select
    id as order_item_id,
    order_id,
    product_id,
    quantity,
    unit_price_cents
from {{ ref('raw_order_items') }}
