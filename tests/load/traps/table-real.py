id	arm	weight
1	A	61.2
2	B	60.1
