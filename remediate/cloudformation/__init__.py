"""Reading CloudFormation templates: intrinsic functions, conditions, and what each trail logs through."""
