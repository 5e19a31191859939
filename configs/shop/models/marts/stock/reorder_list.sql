{% set enough = 12 %}

select
    levels.product_id,
    levels.product_name,
    levels.on_shelf,
    prices.supplier_code,
    prices.price_cents,
    prices.lead_days
from {{ ref('stock_levels') }} as levels
inner join {{ ref('stg_supplier_prices') }} as prices using (product_id)
where levels.on_shelf < {{ enough }}
qualify row_number() over (
    partition by levels.product_id
    order by prices.price_cents, prices.lead_days, prices.supplier_code
) = 1
