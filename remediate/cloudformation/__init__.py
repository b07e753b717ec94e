"""Templates as CloudFormation reads them: intrinsic functions, conditions, and what each trail logs through."""
