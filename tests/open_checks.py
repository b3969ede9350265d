"""What stays unknown of a right document that is judged without trust anchors."""

WITHOUT_ANCHORS = ("ds.path", "ds.profile", "ds.validity_now", "ds.revocation")
