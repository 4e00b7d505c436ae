SELECT assert_true(sum(amount) = 0) FROM IDENTIFIER(:schema || '.ledger')
