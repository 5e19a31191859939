select id from {{ ref('dim_users') }}
