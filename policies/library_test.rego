# What the tests of rules share: the sound input, and ways to spoil it.
package sluice.testing

sound := data.fixtures.sound

without(path) := json.patch(sound, [{"op": "remove", "path": path}])

having(path, value) := json.patch(sound, [{"op": "add", "path": path, "value": value}])

# Nobody could read this evidence.
missing(kind) := json.patch(sound, [{"op": "add", "path": sprintf("/evidence/%s", [kind]), "value": {"status": "missing", "reason": "not read"}}])

# There is nothing to look at.
none(kind) := json.patch(sound, [{"op": "add", "path": sprintf("/evidence/%s", [kind]), "value": {"status": "none", "reason": "first release"}}])

outcome(id, document) := sluice.judge(id, document).outcome

# What a rule says about an input, as texts.
messages(id, document) := {failure.message | some failure in sluice.judge(id, document).failures}

subjects(id, document) := {failure.subject | some failure in sluice.judge(id, document).failures}

contract := "/contracts/contracts~1carrier_month.odcs.yaml"

flights := concat("", [contract, "/objects/carrier_month/properties/flights"])
