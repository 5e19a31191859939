select
    order_id,
    sum(amount_cents) as paid_cents,
    max(paid_on) as last_paid_on
from {{ ref('stg_payments') }}
group by order_id
