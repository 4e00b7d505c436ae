# Databricks notebook source
print("set up")
