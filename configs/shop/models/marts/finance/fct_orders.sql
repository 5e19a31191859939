select
    orders.order_id,
    orders.customer_id,
    orders.ordered_on,
    orders.status,
    coalesce(amounts.pieces, 0) as pieces,
    coalesce(amounts.amount_cents, 0) as amount_cents,
    coalesce(payments.paid_cents, 0) as paid_cents,
    coalesce(payments.paid_cents >= amounts.amount_cents, false) as is_paid
from {{ ref('stg_orders') }} as orders
left join {{ ref('int_order_amounts') }} as amounts using (order_id)
left join {{ ref('int_payments_by_order') }} as payments using (order_id)
