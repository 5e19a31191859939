with bought as (
    select customer_id, {{ euros('sum(paid_cents)') }} as bought_euros
    from {{ ref('fct_orders') }}
    group by customer_id
),

repaired as (
    select customer_id, sum(price_euros) as repaired_euros
    from {{ ref('fct_repairs') }}
    group by customer_id
)

select
    customers.customer_id,
    customers.segment,
    coalesce(bought.bought_euros, 0) as bought_euros,
    coalesce(repaired.repaired_euros, 0) as repaired_euros
from {{ ref('dim_customers', v=2) }} as customers
left join bought using (customer_id)
left join repaired using (customer_id)
