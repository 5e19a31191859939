select id, price, '{{ var("day") }}' as day from {{ ref('raw_orders') }}
