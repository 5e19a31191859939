select id from {{ ref('stg_customers') }} union all select id from {{ ref('parts_list') }}
