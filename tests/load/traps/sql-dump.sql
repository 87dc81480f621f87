-- MySQL dump
CREATE TABLE `t` (`id` int, `x` double);
INSERT INTO `t` VALUES (1,2.5),(2,3.5);
