"""roles: who the avatar is, a folder for each.

A role's folder holds ``role.yaml`` (its name, looks, voice, and the packs of skills that it may use) and a file for
each language that it speaks, such as ``en.yaml`` (its prompt and its phrases). A package of anyone's adds a role with
an entry point in the group ``parley.roles``: the role's name, and the package that is its folder.
"""
