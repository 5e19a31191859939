select id from {{ ref('dim_users', v=2) }}
