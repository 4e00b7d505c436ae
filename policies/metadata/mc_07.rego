# METADATA
# title: "Owner and steward exist, are active, and the owner is a group"
# custom:
#   id: MC-07
#   category: metadata
#   severity: {dev: info, qa: warn, prod: block}
#   needs: [files, principals]
#   remediation: "Name a group that the workspace has as `owner`, and an active principal as `steward`, in `product.yaml`."
package sluice.mc_07

import data.sluice.library

subjects contains role if {
	some role in ["owner", "steward"]
	library.text(input.product, role) != ""
}

findings contains library.finding(role, ["product", role], message, {"principal": name}) if {
	some role in subjects
	name := library.text(input.product, role)
	not input.live.principals[name]
	message := sprintf("the workspace knows no `%s`, who is the %s", [name, role])
}

findings contains library.finding(role, ["product", role], message, {"principal": name}) if {
	some role in subjects
	name := library.text(input.product, role)
	object.get(input.live.principals, [name, "active"], true) == false
	message := sprintf("`%s`, who is the %s, is not active", [name, role])
}

findings contains library.finding("owner", ["product", "owner"], message, {"principal": name}) if {
	name := library.text(input.product, "owner")
	input.live.principals[name].type != "group"
	message := sprintf("the owner `%s` is no group", [name])
}
