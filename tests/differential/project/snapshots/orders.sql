{% snapshot order_history %}
{{ config(unique_key='id', strategy='check', check_cols='all', target_schema='main', tags=['heavy']) }}
select id from {{ ref('stg_orders') }}
{% endsnapshot %}
