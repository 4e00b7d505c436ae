# Databricks notebook source
from helpers import double
