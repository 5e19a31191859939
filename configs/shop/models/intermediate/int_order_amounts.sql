select
    order_id,
    sum(quantity) as pieces,
    sum(quantity * unit_price_cents) as amount_cents
from {{ ref('stg_order_items') }}
group by order_id
