{{ config(tags=['top']) }}
select 1 as id
