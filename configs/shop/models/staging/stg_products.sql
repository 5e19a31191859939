select
    id as product_id,
    name as product_name,
    category,
    list_price_cents,
    cost_cents,
    supplier_code,
    updated_at
from {{ ref('raw_products') }}
