# Databricks notebook source
print("features")
