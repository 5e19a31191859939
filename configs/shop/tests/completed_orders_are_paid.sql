-- Two parents: what was ordered must equal what was paid, order by order.
select
    orders.order_id,
    orders.amount_cents,
    payments.paid_cents
from {{ ref('fct_orders') }} as orders
left join (
    select order_id, sum(amount_cents) as paid_cents
    from {{ ref('stg_payments') }}
    group by order_id
) as payments using (order_id)
where orders.status = 'completed'
  and orders.amount_cents is distinct from payments.paid_cents
