with ordered as (
    select customer_id, count(*) as orders
    from {{ ref('stg_orders') }}
    where status != 'cancelled'
    group by customer_id
)

select
    customers.customer_id,
    customers.first_name,
    customers.last_name,
    customers.city,
    case
        when ordered.orders >= 2 then 'regular'
        when ordered.orders = 1 then 'new'
        when customers.customer_id in (select customer_id from {{ ref('stg_repairs') }})
            then 'workshop only'
        else 'none'
    end as segment
from {{ ref('stg_customers') }} as customers
left join ordered using (customer_id)
