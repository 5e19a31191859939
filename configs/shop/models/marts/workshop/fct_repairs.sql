{% set cents_a_minute = 95 %}

select
    repairs.repair_id,
    repairs.customer_id,
    repairs.mechanic,
    repairs.received_on,
    repairs.finished_on,
    repairs.minutes,
    repairs.product_id,
    {{ euros('repairs.minutes * ' ~ cents_a_minute ~ ' + coalesce(parts.list_price_cents, 0)') }}
        as price_euros
from {{ ref('stg_repairs') }} as repairs
left join {{ ref('stg_products') }} as parts using (product_id)
