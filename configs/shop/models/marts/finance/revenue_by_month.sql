with sales as (
    select
        cast(date_trunc('month', orders.ordered_on) as date) as month,
        count(distinct orders.order_id) as orders,
        sum(margins.revenue_euros) as sales_euros,
        sum(margins.margin_euros) as margin_euros
    from {{ ref('order_margins') }} as margins
    inner join {{ ref('fct_orders') }} as orders using (order_id)
    group by 1
),

repairs as (
    select
        cast(date_trunc('month', finished_on) as date) as month,
        sum(price_euros) as repairs_euros
    from {{ ref('fct_repairs') }}
    where finished_on is not null
    group by 1
)

select
    month,
    coalesce(sales.orders, 0) as orders,
    coalesce(sales.sales_euros, 0) as sales_euros,
    coalesce(sales.margin_euros, 0) as margin_euros,
    coalesce(repairs.repairs_euros, 0) as repairs_euros
from sales
full outer join repairs using (month)
