# Databricks notebook source
# MAGIC %md
# MAGIC # Training
