select
    products.product_id,
    products.product_name,
    products.category,
    coalesce(sum(movements.quantity), 0) as on_shelf
from {{ ref('stg_products') }} as products
left join {{ ref('int_stock_movements') }} as movements using (product_id)
group by products.product_id, products.product_name, products.category
