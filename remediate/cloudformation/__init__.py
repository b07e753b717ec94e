"""Reading CloudFormation templates: intrinsic functions, conditions, parameters, and policy documents."""
