select
    id as payment_id,
    order_id,
    method,
    amount_cents,
    paid_on
from {{ ref('raw_payments') }}
