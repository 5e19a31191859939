{% set enough = 12 %}

with offers as (
    select
        *,
        row_number() over (
            partition by product_id order by price_cents, lead_days, supplier_code
        ) as place
    from {{ ref('stg_supplier_prices') }}
)

select
    levels.product_id,
    levels.product_name,
    levels.on_shelf,
    offers.supplier_code,
    offers.price_cents,
    offers.lead_days
from {{ ref('stock_levels') }} as levels
inner join offers using (product_id)
where levels.on_shelf < {{ enough }} and offers.place = 1
