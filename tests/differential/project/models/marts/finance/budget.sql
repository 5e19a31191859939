{{ config(access='private', tags=['yearly']) }}
select r.id from {{ ref('revenue') }} r, {{ ref('countries') }} c
