select
    id as repair_id,
    customer_id,
    mechanic,
    received_on,
    finished_on,
    minutes,
    part_id as product_id
from {{ ref('raw_repairs') }}
