select 1 as id union all select id from {{ ref('dim_users', v=1) }}
