SELECT * FROM {{ source('erp', 'ledger') }}
