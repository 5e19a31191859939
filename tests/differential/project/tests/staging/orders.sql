{{ config(severity='warn') }}
select o.id from {{ ref('orders') }} o join {{ ref('revenue') }} r on o.id = r.id where false
