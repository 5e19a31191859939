select id from {{ ref('stg_parts') }}
